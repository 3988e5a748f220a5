@description('Name of the user-assigned identity.')
param name string
param location string
param tags object

// User-assigned: its role assignments exist before the app does, and outlive a new app.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
