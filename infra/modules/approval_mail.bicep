// A Logic App that asks by mail at each checkpoint and posts the answer. It subscribes when it is made, so the code must be
// there, and its host must be one that the app sends to.

@description('Name of the function app.')
param appName string

@description('Mail addresses of those who may answer, with semicolons between.')
param approvers string
param location string
param tags object

resource site 'Microsoft.Web/sites@2024-04-01' existing = {
  name: appName
}

// A person signs in to it once, in the portal, before the first mail can be sent.
resource mail 'Microsoft.Web/connections@2016-06-01' = {
  name: 'con-${appName}-mail'
  location: location
  tags: tags
  properties: {
    displayName: 'Bootmend: approval mail'
    api: {
      id: subscriptionResourceId('Microsoft.Web/locations/managedApis', location, 'office365')
    }
  }
}

resource workflow 'Microsoft.Logic/workflows@2019-05-01' = {
  name: 'logic-${appName}-approval'
  location: location
  tags: tags
  properties: {
    definition: loadJsonContent('../logic-app/approve-by-mail.json')
    parameters: {
      '$connections': {
        value: {
          office365: {
            id: mail.properties.api.id
            connectionId: mail.id
            connectionName: mail.name
          }
        }
      }
      bootmend_url: { value: 'https://${site.properties.defaultHostName}' }
      bootmend_key: { value: listKeys('${site.id}/host/default', '2024-04-01').functionKeys.default }
      approvers: { value: approvers }
    }
  }
}
