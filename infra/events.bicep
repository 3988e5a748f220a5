// Health events of the subscription's VMs, brought to the app, and the mail that asks at checkpoints. Deployed after the code:
// Event Grid accepts a function as a destination only when it is there, and the mail subscribes at the app.

@description('Name of the function app.')
param appName string

@description('Storage account that keeps undelivered events.')
param evidenceStorageName string

@description('Resource groups whose VMs are looked after. Empty: all of the subscription.')
param watchedGroups string[] = []

@description('Mail addresses that are asked at checkpoints, with semicolons between. Empty: no mail.')
param approvers string = ''

@description('Region of the Logic App.')
param location string = resourceGroup().location

@description('Tags of every resource.')
param tags object = resourceGroup().tags

var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

// Event Grid joins conditions on different keys by "and", so each kind of event has a subscription of its own.
var kinds = [
  {
    name: 'crashed'
    key: 'data.resourceInfo.properties.annotationName'
    values: ['VirtualMachineCrashed']
  }
  {
    name: 'unavailable'
    key: 'data.resourceInfo.properties.availabilityState'
    values: ['Unavailable']
  }
]

resource site 'Microsoft.Web/sites@2024-04-01' existing = {
  name: appName

  resource onVmHealthEvent 'functions' existing = {
    name: 'on_vm_health_event'
  }
}

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: evidenceStorageName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource deadLetters 'containers' existing = {
      name: 'dead-letters'
    }
  }
}

resource health 'Microsoft.EventGrid/systemTopics@2022-06-15' = {
  name: 'evgst-${appName}-health'
  location: 'global'
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: subscription().id
    topicType: 'Microsoft.ResourceNotifications.HealthResources'
  }
}

resource keepsDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage::blobs::deadLetters.id, health.id, blobDataContributor)
  scope: storage::blobs::deadLetters
  properties: {
    principalId: health.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
  }
}

resource subscriptions 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2022-06-15' = [
  for kind in kinds: {
    parent: health
    name: kind.name
    dependsOn: [keepsDeadLetters]
    properties: {
      destination: {
        endpointType: 'AzureFunction'
        properties: {
          resourceId: site::onVmHealthEvent.id
          maxEventsPerBatch: 1
        }
      }
      eventDeliverySchema: 'CloudEventSchemaV1_0'
      filter: {
        advancedFilters: concat(
          [
            {
              operatorType: 'StringIn'
              key: kind.key
              values: kind.values
            }
            {
              operatorType: 'StringIn'
              key: 'data.resourceInfo.properties.targetResourceType'
              values: ['Microsoft.Compute/virtualMachines']
            }
          ],
          // At most 25 values fit into the filters of a subscription; what is not filtered here, the app itself leaves alone.
          empty(watchedGroups) || length(watchedGroups) > 20
            ? []
            : [
                {
                  operatorType: 'StringContains'
                  key: 'data.resourceInfo.properties.targetResourceId'
                  values: map(watchedGroups, group => '/resourceGroups/${group}/')
                }
              ]
        )
      }
      deadLetterWithResourceIdentity: {
        identity: { type: 'SystemAssigned' }
        deadLetterDestination: {
          endpointType: 'StorageBlob'
          properties: {
            resourceId: storage.id
            blobContainerName: storage::blobs::deadLetters.name
          }
        }
      }
      // A VM that crashed a day ago is no news.
      retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 720 }
    }
  }
]

module approvalMail 'modules/approval_mail.bicep' = if (!empty(approvers)) {
  name: 'approval-mail'
  params: {
    appName: appName
    approvers: approvers
    location: location
    tags: tags
  }
}
