// The function app on Flex Consumption. Every connection is made by its identity; no setting holds a key.

@description('Name of the function app.')
param name string
param planName string
param location string
param tags object

@description('Resource id of the user-assigned identity.')
param identityId string

@description('Client id of the user-assigned identity.')
param clientId string
param hostStorageName string
param packageContainerUrl string
param insightsConnectionString string
param vaultUri string

@description('Connection to the Durable Task Scheduler. Empty: the engine keeps its state in the host\'s storage.')
param schedulerConnection string
param alwaysReadyInstances int

@description('Client id of the app registration for sign-in. Empty: no sign-in, function keys alone.')
param authClientId string
param hasWebhookKey bool
param publishesEvents bool

@description('The app\'s own settings that come from outside this module.')
param appSettings object

// The host reads its own storage, and the app Azure, by this one identity.
var hostSettings = {
  AZURE_CLIENT_ID: clientId
  AzureWebJobsStorage__accountName: hostStorageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${clientId};Authorization=AAD'
}

var schedulerSettings = empty(schedulerConnection)
  ? {}
  : {
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
      DURABLE_TASK_SCHEDULER_CONNECTION_STRING: schedulerConnection
    }

// Only what exists is referred to: a reference that cannot be resolved would reach the app as its own text, and serve as a key.
var webhookSettings = hasWebhookKey
  ? { BOOTMEND_WEBHOOK_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/webhook-key/)' }
  : {}
var topicSettings = publishesEvents
  ? { BOOTMEND_EVENT_TOPIC_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/event-topic-key/)' }
  : {}

// Sign-in without a client secret (Configure your App Service app to use Microsoft Entra sign-in: use a managed identity
// instead of a secret).
var signInSettings = empty(authClientId) ? {} : { OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: clientId }

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    siteConfig: { minTlsVersion: '1.2' }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
        alwaysReady: alwaysReadyInstances == 0 ? [] : [{ name: 'durable', instanceCount: alwaysReadyInstances }]
      }
    }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: union(hostSettings, schedulerSettings, webhookSettings, topicSettings, signInSettings, appSettings)
  }

  resource noPasswordForFtp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource noPasswordForDeployment 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource signIn 'config' = if (!empty(authClientId)) {
    name: 'authsettingsV2'
    dependsOn: [settings]
    properties: {
      platform: { enabled: true }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'Return401'
        // Event Grid delivers here, and shows a key of its own.
        excludedPaths: ['/runtime/webhooks/eventgrid']
      }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: authClientId
            clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
            openIdIssuer: '${environment().authentication.loginEndpoint}${subscription().tenantId}/v2.0'
          }
          validation: {
            allowedAudiences: [authClientId, 'api://${authClientId}']
          }
        }
      }
      login: {
        tokenStore: { enabled: false }
      }
    }
  }
}

output name string = site.name
output url string = 'https://${site.properties.defaultHostName}'
